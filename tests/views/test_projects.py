"""Starting a project, changing it, and finding the way in without one."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from studio.models import Project, ProjectRole, User
from tests import make


def test_without_a_project_the_studio_offers_to_make_one(alice: User, charlie: User) -> None:
    browser = Client()
    browser.force_login(charlie)
    page = browser.get("/").content.decode()
    assert "Create your first project" in page
    assert f'action="{reverse("project_new")}"' in page


def test_whoever_makes_a_project_owns_it(client: Client, alice: User) -> None:
    response = client.post(reverse("project_new"), {"name": "Album teaser"})
    project = Project.objects.get()
    assert response["Location"] == project.get_absolute_url()
    assert project.role_of(alice) == ProjectRole.OWNER
    assert project.slug == "album-teaser"


def test_two_projects_may_have_one_name(client: Client, alice: User) -> None:
    for _ in range(3):
        client.post(reverse("project_new"), {"name": "Loops"})
    assert sorted(Project.objects.values_list("slug", flat=True)) == ["loops", "loops-2", "loops-3"]


def test_a_name_of_no_letters_still_makes_a_project(client: Client, alice: User) -> None:
    assert client.post(reverse("project_new"), {"name": "映画"}).status_code == 302
    assert Project.objects.get().slug == "project"


def test_a_project_needs_a_name_and_keeps_what_was_typed(client: Client, alice: User) -> None:
    response = client.post(reverse("project_new"), {"name": " ", "description": "For the fair"})
    assert response.status_code == 422
    page = response.content.decode()
    assert "For the fair" in page
    assert 'aria-invalid="true"' in page
    assert not Project.objects.exists()


def test_an_editor_may_rename_it_and_a_viewer_may_not(
    project: Project, bob: User, viewer: User
) -> None:
    address = reverse("project_edit", args=[project.uuid])
    for person, status in ((bob, 302), (viewer, 404)):
        browser = Client()
        browser.force_login(person)
        response = browser.post(address, {"name": f"Renamed by {person}"})
        assert response.status_code == status
    project.refresh_from_db()
    assert project.name == "Renamed by bob"


def test_more_fields_than_the_form_has_change_nothing(
    client: Client, project: Project, charlie: User
) -> None:
    before = (project.created_by_id, project.slug, project.uuid)
    extra = {
        "created_by": charlie.pk,
        "slug": "x",
        "uuid": charlie.uuid,
        "archived_at": "2026-01-01",
    }
    client.post(reverse("project_edit", args=[project.uuid]), {"name": "Same", **extra})
    project.refresh_from_db()
    assert (project.created_by_id, project.slug, project.uuid) == before
    assert project.archived_at is None


def test_whoever_was_taken_out_of_the_project_is_out_at_once(project: Project, bob: User) -> None:
    browser = Client()
    browser.force_login(bob)
    address = reverse("project", args=[project.uuid])
    assert browser.get(address).status_code == 200
    project.memberships.get(user=bob).delete()
    assert browser.get(address).status_code == 404


def test_an_image_of_another_project_is_not_there(project: Project, charlie: User) -> None:
    theirs = make.image(project=make.project(owner=charlie))
    browser = Client()
    browser.force_login(project.created_by)
    for name in ("image", "thumb"):
        assert browser.get(reverse("image_file", args=[theirs.uuid, name])).status_code == 404
