"""Every address of the studio, in short lists by thing. Public ids are UUIDs."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from studio.views import (
    compose,
    files,
    generation,
    health,
    links,
    people,
    projects,
    pulse,
    studio,
)

project_urls: list[URLPattern] = [
    path("", studio.project, name="project"),
    path("edit/", projects.project_edit, name="project_edit"),
    path("compose/", compose.compose, name="compose"),
    path("price/", compose.price, name="price"),
    path("generate/", compose.generate, name="generate"),
    path("images/", compose.image_add, name="image_add"),
    path("sounds/", compose.sound_add, name="sound_add"),
]
generation_urls: list[URLPattern] = [
    path("", generation.generation, name="generation"),
    path("cancel/", generation.cancel, name="cancel"),
    path("favourite/", generation.favourite, name="favourite"),
    path("raw/", generation.raw, name="raw"),
]
file_urls: list[URLPattern] = [
    path("videos/<uuid:uuid>/<str:name>", files.video_file, name="video_file"),
    path("images/<uuid:uuid>/<str:name>", files.image_file, name="image_file"),
]
vendor_urls: list[URLPattern] = [
    path("f/<str:token>/<str:name>", links.link_file, name="link_file"),
    path("hooks/<str:token>/", links.hook, name="hook"),
]
people_urls: list[URLPattern] = [
    path("accounts/login/", people.login, name="login"),
    path("accounts/logout/", people.logout, name="logout"),
    path("accounts/password/", people.password_change, name="password_change"),
    path("setup/", people.setup, name="setup"),
    path("theme/", people.theme, name="theme"),
]
operator_urls: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/login/", people.admin_login, name="admin_login"),
    path("admin/", admin.site.urls),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", studio.studio, name="studio"),
    path("pulse", pulse.pulse, name="pulse"),
    path("projects/new/", projects.project_new, name="project_new"),
    path("projects/<uuid:uuid>/", include(project_urls)),
    path("generations/<uuid:uuid>/", include(generation_urls)),
    *file_urls,
    *vendor_urls,
    *people_urls,
    *operator_urls,
]

handler400 = "studio.views.errors.bad_request"
handler403 = "studio.views.errors.forbidden"
handler404 = "studio.views.errors.not_found"
handler500 = "studio.views.errors.server_error"
