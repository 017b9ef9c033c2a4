"""Raw records, for owners: everything can be looked at, almost nothing changed.

Keys, credits and people are run from the studio's own pages; this is the drawer under the desk.
"""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ, Schedule, Success

from studio.admin import accounts, ledger, operations, people, work

__all__ = ["accounts", "ledger", "operations", "people", "work"]

admin.site.site_header = _("Rushes · raw records")
admin.site.site_title = _("Raw records")
admin.site.index_title = _("Everything the studio keeps")
admin.site.enable_nav_sidebar = True

# The queue holds pickles that run as code: nobody edits it, and no state of ours lives there.
for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
admin.site.unregister(Group)  # roles are a field of the person
