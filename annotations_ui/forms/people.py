"""Forms for signing in, one's own account, and the people of a connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from dashboard.accounts.models import User
from dashboard.accounts.policies import ROLES

from .tokens import TokenField

NAME_HELP = "What others see beside your work."
ROLE_CHOICES = [(role, role.capitalize()) for role in ROLES]


def _text(**attributes: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})


def _password(kind: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": kind})


class SignInForm(forms.Form):
    """Login name and password; whether they are right is the view's question."""

    username = forms.CharField(
        label="Login name",
        max_length=150,
        widget=_text(autocomplete="username", autofocus=True, autocapitalize="none"),
    )
    password = forms.CharField(
        label="Password", max_length=1000, strip=False, widget=_password("current-password")
    )


class NameForm(forms.Form):
    display_name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="What others see beside your work.",
        widget=_text(autocomplete="name"),
    )


class _NewPassword(forms.Form):
    """Two equal passwords that pass the site's rules. Subclasses say for whom."""

    password = forms.CharField(
        label="New password",
        max_length=1000,
        strip=False,
        widget=_password("new-password"),
        help_text="At least 10 characters. A sentence of four words is easier to keep than a riddle.",
    )
    password_again = forms.CharField(
        label="New password again", max_length=1000, strip=False, widget=_password("new-password")
    )

    def person(self) -> User:
        """Whose password it is, for the rule that it must not resemble their name."""
        raise NotImplementedError  # each form below knows the person in its own way

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        new = data.get("password")
        if not new:
            return data
        if data.get("password_again") not in (None, "", new):
            self.add_error("password_again", "The two passwords differ.")
        try:
            password_validation.validate_password(new, self.person())
        except ValidationError as error:
            self.add_error("password", error)
        return data


class PasswordChangeForm(_NewPassword):
    """The current password and a new one."""

    current = forms.CharField(
        label="Current password", max_length=1000, strip=False, widget=_password("current-password")
    )
    field_order = ("current", "password", "password_again")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def person(self) -> User:
        return self.user

    def clean_current(self) -> str:
        current = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise ValidationError("This is not your current password.")
        return current


class AcceptForm(_NewPassword):
    """A new account made from an invitation."""

    username = forms.CharField(
        label="Login name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=_text(autocomplete="username", autocapitalize="none"),
        help_text="Letters, digits and @ . + - _",
    )
    display_name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="What others see beside your work.",
        widget=_text(autocomplete="name"),
    )
    field_order = ("username", "display_name", "password", "password_again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "Password"
        self.fields["password_again"].label = "Password again"

    def person(self) -> User:
        data = self.cleaned_data
        return User(username=data.get("username", ""), display_name=data.get("display_name", ""))

    def clean_username(self) -> str:
        username = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError("This login name is taken. Choose another one.")
        return username


class OwnTokenForm(forms.Form):
    """A person's own token on the platform."""

    token = TokenField(label="Your token on the platform")


class RolesForm(forms.Form):
    """Which roles; at least one."""

    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )


class InvitationForm(RolesForm):
    note = forms.CharField(
        label="Note",
        max_length=120,
        required=False,
        help_text="For your list only, so that you know whom the link is for.",
        widget=_text(),
    )


class PlatformUserForm(forms.Form):
    platform_user_id = forms.CharField(
        label="User id on the platform", max_length=200, required=False, widget=_text()
    )
