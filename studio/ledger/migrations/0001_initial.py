"""The ledger's tables; their triggers are put in place after every migrate."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import studio.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120, unique=True)),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("milli", "thousandths of a credit"),
                            ("micros", "millionths of the currency"),
                        ],
                        max_length=6,
                    ),
                ),
                ("enforce", models.BooleanField(default=True)),
                ("available", models.BigIntegerField(default=0)),
                ("held", models.BigIntegerField(default=0)),
                ("spent", models.BigIntegerField(default=0)),
                ("outside", models.BigIntegerField(default=0)),
                ("overdraft", models.BigIntegerField(default=0)),
                ("seq", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=studio.clock.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "available",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("held"), "*", models.Value(-1)
                                        ),
                                        "-",
                                        models.F("spent"),
                                    ),
                                    "-",
                                    models.F("outside"),
                                ),
                            )
                        ),
                        name="acct_conserved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held__gte", 0), ("overdraft__gte", 0), ("spent__gte", 0)
                        ),
                        name="acct_nonneg",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("enforce", False),
                            (
                                "available__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("overdraft"), "*", models.Value(-1)
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="acct_no_overdraft",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit__in", ["milli", "micros"])), name="acct_unit"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=120, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "held"),
                            ("captured", "spent"),
                            ("released", "given back"),
                            ("refunded", "returned"),
                            ("late", "charged late"),
                        ],
                        default="held",
                        max_length=8,
                    ),
                ),
                ("price_micros_per_credit", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=studio.clock.now)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["created_at"],
                        name="hold_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["held", "captured", "released", "refunded", "late"])
                        ),
                        name="hold_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price_micros_per_credit__gte", 0)),
                        name="hold_price_nonneg",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at", None), ("state", "held")),
                            models.Q(
                                models.Q(("state", "held"), _negated=True),
                                ("resolved_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="hold_resolved_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hold", "set aside"),
                            ("amend", "hold changed to the vendor's quote"),
                            ("waive", "given back while the vendor's side stays open"),
                            ("capture", "spent"),
                            ("release", "given back"),
                            ("refund", "spent, then returned"),
                            ("late", "charged after it was given back"),
                            ("topup", "came in"),
                            ("adjust", "corrected"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("system", "the studio"),
                            ("vendor", "the vendor's answer"),
                            ("admin", "a person"),
                        ],
                        default="system",
                        max_length=6,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("evidence", models.JSONField(default=dict)),
                ("paid_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("at", models.DateTimeField(default=studio.clock.now)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="ledger.hold",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hold", "set aside"),
                            ("amend", "hold changed to the vendor's quote"),
                            ("waive", "given back while the vendor's side stays open"),
                            ("capture", "spent"),
                            ("release", "given back"),
                            ("refund", "spent, then returned"),
                            ("late", "charged after it was given back"),
                            ("topup", "came in"),
                            ("adjust", "corrected"),
                        ],
                        max_length=7,
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("d_available", models.BigIntegerField()),
                ("d_held", models.BigIntegerField(default=0)),
                ("d_spent", models.BigIntegerField(default=0)),
                ("d_outside", models.BigIntegerField(default=0)),
                ("available_after", models.BigIntegerField()),
                ("held_after", models.BigIntegerField()),
                ("spent_after", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="ledger.account",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="ledger.event",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "d_available",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("d_held"), "*", models.Value(-1)
                                        ),
                                        "-",
                                        models.F("d_spent"),
                                    ),
                                    "-",
                                    models.F("d_outside"),
                                ),
                            )
                        ),
                        name="entry_conserved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("d_held__gte", 0),
                                ("d_outside", 0),
                                ("d_spent", 0),
                                ("kind", "hold"),
                            ),
                            models.Q(
                                ("d_held__lt", 0),
                                ("d_outside", 0),
                                ("d_spent", 0),
                                ("kind", "amend"),
                            ),
                            models.Q(
                                ("d_held__gt", 0),
                                ("d_outside", 0),
                                ("d_spent", 0),
                                ("kind", "amend"),
                            ),
                            models.Q(
                                ("d_held__lte", 0),
                                ("d_outside", 0),
                                ("d_spent", 0),
                                ("kind", "waive"),
                            ),
                            models.Q(
                                ("d_held__lte", 0),
                                ("d_outside", 0),
                                ("d_spent__gte", 0),
                                ("kind", "capture"),
                                models.Q(("d_held", 0), ("d_spent", 0), _negated=True),
                            ),
                            models.Q(
                                ("d_held__lt", 0),
                                ("d_outside", 0),
                                ("d_spent", 0),
                                ("kind", "release"),
                            ),
                            models.Q(
                                ("d_held", 0),
                                ("d_outside", 0),
                                ("d_spent__lt", 0),
                                ("kind", "refund"),
                            ),
                            models.Q(
                                ("d_held", 0),
                                ("d_outside", 0),
                                ("d_spent__gt", 0),
                                ("kind", "late"),
                            ),
                            models.Q(
                                ("d_held", 0),
                                ("d_outside__lt", 0),
                                ("d_spent", 0),
                                ("kind", "topup"),
                            ),
                            models.Q(
                                ("d_held", 0),
                                ("d_outside__lt", 0),
                                ("d_spent", 0),
                                ("kind", "adjust"),
                            ),
                            models.Q(
                                ("d_held", 0),
                                ("d_outside__gt", 0),
                                ("d_spent", 0),
                                ("kind", "adjust"),
                            ),
                            _connector="OR",
                        ),
                        name="entry_shape",
                    ),
                    models.UniqueConstraint(
                        fields=("event", "account"), name="entry_event_account"
                    ),
                    models.UniqueConstraint(fields=("account", "seq"), name="entry_account_seq"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["at"], name="event_at"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "hold",
                            "amend",
                            "waive",
                            "capture",
                            "release",
                            "refund",
                            "late",
                            "topup",
                            "adjust",
                        ],
                    )
                ),
                name="event_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["system", "vendor", "admin"])),
                name="event_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hold", None), ("kind__in", ("topup", "adjust"))),
                    models.Q(
                        models.Q(("kind__in", ("topup", "adjust")), _negated=True),
                        ("hold__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="event_hold_matches",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "adjust"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="event_adjust_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("currency", ""), ("paid_minor", 0)),
                    models.Q(
                        ("kind", "topup"),
                        ("paid_minor__gte", 0),
                        models.Q(("currency", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="event_paid_is_topup",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(fields=("hold", "kind"), name="hold_kind_once"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ("capture", "release"))),
                fields=("hold",),
                name="hold_ends_once",
            ),
        ),
    ]
