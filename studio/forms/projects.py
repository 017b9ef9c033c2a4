"""The form of a project."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.models import Project


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Project
        fields = ("name", "description")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "description": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {"description": _("For the people you work with. Vendors never see it.")}
