"""Forms around connections. Tokens are written here and never shown again."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.accounts.models import Connection

from .tokens import TokenField


class ConnectionForm(forms.Form):
    name = forms.CharField(max_length=80, label="Name")
    kind = forms.ChoiceField(
        choices=Connection.Kind.choices, initial="clarifai", label="Platform", widget=forms.RadioSelect
    )
    base_url = forms.URLField(
        max_length=300,
        required=False,
        label="Address",
        initial="https://api.clarifai.com",
        assume_scheme="https",
        help_text="Of Clarifai. The embedded platform's own address is known.",
    )
    user_id = forms.CharField(max_length=200, label="User id", help_text="The owner of the app.")
    app_id = forms.CharField(max_length=200, label="App id")
    token = TokenField(label="Token (PAT)")

    def __init__(self, *args: Any, kept: bool = False, **kwargs: Any) -> None:
        """``kept``: the token of the last try waits on the server, so the field may stay empty."""
        super().__init__(*args, **kwargs)
        self.fields["token"].required = not kept

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = data.get("base_url")
        if data.get("kind") == Connection.Kind.EMBEDDED:
            if given == self.fields["base_url"].initial:  # nobody wrote it, so it is not meant
                data["base_url"] = ""  # the platform that this desk runs
        elif given == "":
            self.add_error("base_url", "Enter the address of the platform.")
        return data


class ConnectionEditForm(forms.Form):
    name = forms.CharField(max_length=80, label="Name")
    token = TokenField(required=False, label="New token")


class DiscardForm(forms.Form):
    reason = forms.CharField(max_length=300, label="Why")
