"""The form of the first owner."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.utils.translation import gettext_lazy as _

from studio.models import User


class OwnerForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """Name and password; the set-up token too, unless `token` is None (asked on loopback)."""

    token = forms.CharField(
        label=_("Set-up token"),
        help_text=_("The studio printed it in the terminal in which it was started."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username", "email")
        help_texts = {"username": "", "email": _("For the record; nothing is sent.")}

    def __init__(self, *args: Any, token: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["password1"].help_text = _("Eight characters or more, and not a common one.")
        self.fields["password2"].label = _("Password again")
        self.fields["password2"].help_text = ""
        self.expected = token
        if token is None:
            del self.fields["token"]
        else:
            self.order_fields(["token", "username", "email", "password1", "password2"])

    def clean_token(self) -> str:
        """The very token; without one in the data folder nothing fits."""
        given = str(self.cleaned_data["token"]).strip()
        if not self.expected or not secrets.compare_digest(given.encode(), self.expected.encode()):
            raise forms.ValidationError(_("That is not the token that was printed."))
        return given
