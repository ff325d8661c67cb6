"""The people of a connection: roles, last admin, invitations, platform users; and nothing by the back door."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.accounts import policies, services
from dashboard.accounts.models import Connection, Invitation, Membership, PlatformIdentity, User
from dashboard.audit.models import AuditEntry
from tests.support.people import PASSWORD, make_connection, make_person, signed_in

pytestmark = pytest.mark.django_db
NEW = {"username": "fresh", "display_name": "Fresh", "password": "blue rain over hills"}
NEW["password_again"] = NEW["password"]


@pytest.fixture
def demo() -> Connection:
    return make_connection("demo")


@pytest.fixture
def admin(demo: Connection) -> Client:
    return signed_in(make_person(demo, "admin", username="the-admin"))


def membership_of(username: str) -> Membership:
    return Membership.objects.get(user__username=username)


def change(client: Client, what: str, membership: Membership, **data: object):
    return client.post(reverse(f"people_{what}", args=["demo", membership.pk]), data, follow=False)


def notices(response: object) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)  # type: ignore[attr-defined]


def actions() -> list[str]:
    return list(AuditEntry.objects.values_list("action", flat=True))


def make_link(client: Client, *roles: str, note: str = "") -> str:
    """Invite on the page; the path of the link that it shows."""
    response = client.post(reverse("people", args=["demo"]), {"roles": roles, "note": note})
    assert response.status_code == 200
    found = re.search(r'value="http://testserver(/invite/[^"]+)"', response.content.decode())
    assert found is not None
    return found[1]


# ---- roles ----


def test_an_admin_changes_roles_and_the_trail_says_so(admin: Client, demo: Connection) -> None:
    member = Membership.objects.get(user=make_person(demo, "labeler", username="person-a"))
    assert change(admin, "roles", member, roles=["reviewer", "labeler"]).status_code == 302
    assert membership_of("person-a").roles == ("labeler", "reviewer")
    entry = AuditEntry.objects.get(action="person.roles")
    assert (entry.actor.username, entry.target) == ("the-admin", "person-a")
    assert entry.data == {"before": ["labeler"], "after": ["labeler", "reviewer"]}


def test_the_last_admin_stays(admin: Client, demo: Connection) -> None:
    mine = membership_of("the-admin")
    assert "last admin" in notices(change(admin, "roles", mine, roles=["labeler"]))
    assert "last admin" in notices(change(admin, "remove", mine))
    assert membership_of("the-admin").is_admin
    assert actions() == []


def test_an_admin_who_cannot_sign_in_does_not_count(admin: Client, demo: Connection) -> None:
    other = make_person(demo, "admin")
    User.objects.filter(pk=other.pk).update(is_active=False)
    assert "last admin" in notices(change(admin, "roles", membership_of("the-admin"), roles=["labeler"]))


def test_with_a_second_admin_the_first_may_go_and_lands_at_home(admin: Client, demo: Connection) -> None:
    make_person(demo, "admin")
    response = change(admin, "roles", membership_of("the-admin"), roles=["labeler"])
    assert response.headers["Location"] == reverse("home")
    assert membership_of("the-admin").roles == ("labeler",)


@pytest.mark.parametrize("roles", [[], ["boss"], ["labeler", "superuser"]])
def test_no_role_and_unknown_roles_are_refused(admin: Client, demo: Connection, roles: list[str]) -> None:
    member = Membership.objects.get(user=make_person(demo, "labeler", username="person-a"))
    change(admin, "roles", member, roles=roles)
    assert membership_of("person-a").roles == ("labeler",)
    assert actions() == []


def test_a_member_of_another_connection_cannot_be_changed_from_here(admin: Client) -> None:
    other = Membership.objects.get(user=make_person(make_connection("other"), "labeler"))
    for what in ("roles", "remove", "platform", "provision"):
        assert change(admin, what, other, roles=["admin"]).status_code == 404


def test_removing_keeps_the_person_and_ends_the_access(admin: Client, demo: Connection) -> None:
    person = make_person(demo, "labeler", username="person-a")
    PlatformIdentity.objects.create(user=person, connection=demo, platform_user_id="l-1", token="secret")
    browser = signed_in(person)
    change(admin, "remove", membership_of("person-a"))
    assert User.objects.filter(username="person-a").exists()
    assert browser.get(reverse("people", args=["demo"])).status_code == 404
    identity = PlatformIdentity.objects.get(user=person)
    assert (identity.platform_user_id, identity.token.reveal()) == ("l-1", "")
    assert actions() == ["person.removed"]


# ---- platform users ----


def test_two_people_cannot_be_one_platform_user(admin: Client, demo: Connection) -> None:
    for name in ("person-a", "person-b"):
        make_person(demo, "labeler", username=name)
    change(admin, "platform", membership_of("person-a"), platform_user_id=" l-1 ")
    refused = change(admin, "platform", membership_of("person-b"), platform_user_id="l-1")
    assert "already stands for" in notices(refused)
    assert list(PlatformIdentity.objects.values_list("user__username", "platform_user_id")) == [
        ("person-a", "l-1")
    ]


def test_mapping_to_another_user_forgets_the_token_of_the_former(admin: Client, demo: Connection) -> None:
    person = make_person(demo, "labeler", username="person-a")
    PlatformIdentity.objects.create(user=person, connection=demo, platform_user_id="l-1", token="secret")
    change(admin, "platform", membership_of("person-a"), platform_user_id="l-2")
    identity = PlatformIdentity.objects.get(user=person)
    assert identity.platform_user_id == "l-2"
    assert not identity.token


# ---- invitations ----


def test_a_link_makes_an_account_once(admin: Client, demo: Connection) -> None:
    link = make_link(admin, "labeler", "reviewer", note="for the new team")
    guest = Client()
    page = guest.get(link).content.decode()
    assert "Join Demo" in page
    response = guest.post(link, NEW)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert membership_of("fresh").roles == ("labeler", "reviewer")
    assert guest.get(reverse("account")).status_code == 200
    again = Client().post(link, {**NEW, "username": "second"})
    assert again.status_code == 410
    assert "used already" in again.content.decode()
    assert not User.objects.filter(username="second").exists()
    assert actions() == ["invitation.made", "person.joined"]


def test_only_the_digest_of_a_link_is_stored(admin: Client) -> None:
    token = make_link(admin, "labeler").strip("/").split("/")[-1]
    rows = [*Invitation.objects.values(), *AuditEntry.objects.values()]
    assert token not in str(rows)
    assert token not in admin.get(reverse("people", args=["demo"])).content.decode()


def test_a_used_link_stays_used_even_if_two_come_at_once(demo: Connection) -> None:
    actor = Membership.objects.get(user=make_person(demo, "admin"))
    invitation, _ = services.invite(actor=actor, roles=["labeler"], trail=lambda *row: None)
    stale = Invitation.objects.get(pk=invitation.pk)  # read before the first one uses it
    services.join(invitation=invitation, user=make_person(), trail=lambda *row: None)
    late = make_person(username="late")
    with pytest.raises(policies.InvitationGone):
        services.join(invitation=stale, user=late, trail=lambda *row: None)
    assert not Membership.objects.filter(user=late).exists()


def test_expired_and_revoked_links_do_not_work(admin: Client) -> None:
    expired, revoked = make_link(admin, "labeler"), make_link(admin, "labeler")
    first, second = Invitation.objects.order_by("pk")
    Invitation.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    admin.post(reverse("invitation_revoke", args=["demo", second.pk]))
    for link, word in ((expired, "expired"), (revoked, "taken back")):
        for response in (Client().get(link), Client().post(link, NEW)):
            assert response.status_code == 410
            assert word in response.content.decode()
    assert not User.objects.filter(username="fresh").exists()


def test_an_invitation_of_another_connection_cannot_be_revoked_from_here(admin: Client) -> None:
    actor = Membership.objects.get(user=make_person(make_connection("other"), "admin"))
    invitation, _ = services.invite(actor=actor, roles=["labeler"], trail=lambda *row: None)
    assert admin.post(reverse("invitation_revoke", args=["demo", invitation.pk])).status_code == 404


def test_somebody_who_has_an_account_joins_with_it_and_keeps_former_roles(
    admin: Client, demo: Connection
) -> None:
    person = make_person(demo, "labeler", username="person-a")
    response = signed_in(person).post(make_link(admin, "reviewer"))
    assert response.status_code == 302
    assert membership_of("person-a").roles == ("labeler", "reviewer")


def test_opening_a_link_does_not_use_it(admin: Client) -> None:
    link = make_link(admin, "labeler")
    for _ in range(3):
        assert Client().get(link).status_code == 200
    assert Invitation.objects.get().used_at is None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "THE-ADMIN", "taken"),
        ("username", "two words", "valid username"),
        ("password", "short", "at least 10"),
        ("password", "1234567890123", "entirely numeric"),
        ("password_again", "something else", "differ"),
        ("display_name", "", "required"),
    ],
)
def test_a_wrong_field_is_named_and_the_link_stays_usable(
    admin: Client, field: str, value: str, sentence: str
) -> None:
    link = make_link(admin, "labeler")
    response = Client().post(link, {**NEW, field: value})
    assert response.status_code == 422
    assert sentence in str(response.context["form"].errors[field])
    assert Client().post(link, NEW).status_code == 302


def test_inviting_without_a_role_is_refused_at_the_field(admin: Client) -> None:
    response = admin.post(reverse("people", args=["demo"]), {"note": "x"})
    assert response.status_code == 422
    assert "Choose at least one role." in response.content.decode()
    assert not Invitation.objects.exists()


# ---- nothing by the back door ----

PRIVILEGES = {
    "is_superuser": "on",
    "is_staff": "on",
    "is_admin": "on",
    "is_active": "on",
    "admin": "on",
    "user_permissions": "1",
    "groups": "1",
    "id": "1",
    "user": "1",
    "connection": "1",
    "expires_at": "2099-01-01",
}


@pytest.mark.parametrize("role", ["labeler", "reviewer"])
def test_privileged_fields_posted_anywhere_change_nothing(demo: Connection, role: str) -> None:
    make_person(demo, "admin")
    person = make_person(demo, role)
    browser, mine = signed_in(person), Membership.objects.get(user=person)
    before = _privileges()
    browser.post(reverse("account"), {**PRIVILEGES, "display_name": "New name"})
    browser.post(reverse("password_change"), {**PRIVILEGES, "roles": ["admin"]})
    for what in ("roles", "remove", "platform", "provision"):
        assert change(browser, what, mine, **PRIVILEGES, roles=["admin"]).status_code == 403
    assert (
        browser.post(reverse("people", args=["demo"]), {**PRIVILEGES, "roles": ["admin"]}).status_code == 403
    )
    assert _privileges() == before
    person.refresh_from_db()
    assert person.display_name == "New name"


def test_an_accepted_invitation_gives_its_own_roles_only(admin: Client) -> None:
    Client().post(make_link(admin, "labeler"), {**NEW, **PRIVILEGES, "roles": ["admin"]})
    assert membership_of("fresh").roles == ("labeler",)
    user = User.objects.get(username="fresh")
    assert (user.is_superuser, user.is_staff) == (False, False)
    assert user.check_password(NEW["password"])


def _privileges() -> list[tuple[object, ...]]:
    users = User.objects.values_list("pk", "is_superuser", "is_staff", "is_active")
    members = Membership.objects.values_list(
        "pk", "user", "connection", "is_labeler", "is_reviewer", "is_admin"
    )
    return sorted([*users, *members, *Invitation.objects.values_list("pk")], key=str)


def test_names_are_printed_as_text(admin: Client, demo: Connection) -> None:
    person = make_person(demo, "labeler")
    User.objects.filter(pk=person.pk).update(display_name='<img src=x onerror="alert(1)">')
    page = admin.get(reverse("people", args=["demo"])).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_password_is_the_same_for_all_test_people() -> None:
    assert make_person().check_password(PASSWORD)
