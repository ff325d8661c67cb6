"""Forms around connections. Tokens are written here and never shown again."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.accounts.models import Connection


def _secret() -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class ConnectionForm(forms.Form):
    name = forms.CharField(max_length=80, label="Name")
    kind = forms.ChoiceField(
        choices=Connection.Kind.choices, initial="clarifai", label="Platform", widget=forms.RadioSelect
    )
    base_url = forms.URLField(
        max_length=300, label="Address", initial="https://api.clarifai.com", assume_scheme="https"
    )
    user_id = forms.CharField(max_length=200, label="User id", help_text="The owner of the app.")
    app_id = forms.CharField(max_length=200, label="App id")
    token = forms.CharField(max_length=500, label="Token (PAT)", widget=_secret())

    def __init__(self, *args: Any, kept: bool = False, **kwargs: Any) -> None:
        """``kept``: the token of the last try waits on the server, so the field may stay empty."""
        super().__init__(*args, **kwargs)
        self.fields["token"].required = not kept


class ConnectionEditForm(forms.Form):
    name = forms.CharField(max_length=80, label="Name")
    token = forms.CharField(
        max_length=500,
        required=False,
        label="New token",
        widget=_secret(),
    )


class DiscardForm(forms.Form):
    reason = forms.CharField(max_length=300, label="Why")
