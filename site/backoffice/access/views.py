"""Sign-in, sign-out, one's own password, language and appearance, and the page that shows the components."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST, require_safe

from backoffice.access import design as examples
from backoffice.access import navigation, records
from backoffice.access.gate import may_open_path
from foundation.audit.services import Actor
from foundation.organisation.models import User

YEAR = 60 * 60 * 24 * 365


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the first place the person may open; whoever has none is told what to do."""
    place = navigation.home_of(request)
    if place:
        return redirect(place)
    return render(request, "access/no_place.html")


class SignInForm(AuthenticationForm):
    """Name and password. What is longer than any name or password is wrong, and goes no further."""

    LONGEST_PASSWORD = 1000

    def clean(self) -> dict[str, Any]:
        """Ask for the person; the answer to what cannot be one is the same as to a wrong password."""
        name, password = self.cleaned_data.get("username", ""), self.cleaned_data.get("password", "")
        if len(name) > self.username_field.max_length or len(password) > self.LONGEST_PASSWORD:
            raise self.get_invalid_login_error()
        return super().clean()


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignIn(views.LoginView):
    """The only way in.

    Locked out after too many wrong passwords (django-axes); the record notes each sign-in.
    """

    template_name = "access/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        """Return where the person wanted to go, where they may go there."""
        wanted = self.get_redirect_url()
        path = wanted.partition("?")[0]
        return wanted if wanted and may_open_path(self.request, path) else reverse("access:home")

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in; the person's own language comes with them."""
        self.request._roles = None  # type: ignore[attr-defined]
        response = super().form_valid(form)
        person: User = form.get_user()
        if person.language:
            _keep_language(response, person.language)
        return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if request.user.is_authenticated:
        logout(request)
        messages.success(request, _("You are signed out."))
    return redirect("access:sign-in")


class ChangePassword(views.PasswordChangeView):
    """Change one's own password. Other sessions of the person end; this one goes on."""

    template_name = "access/password.html"
    success_url = reverse_lazy("access:home")

    def form_valid(self, form: Any) -> HttpResponse:
        """Store it and note that it happened."""
        response = super().form_valid(form)
        records.note(form.user, "user.password_changed", actor=Actor.of(form.user))
        messages.success(self.request, _("Your password is changed."))
        return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language, for this browser and for the person who is signed in."""
    chosen = request.POST.get("language", "")
    response = _back(request)
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        _keep_language(response, chosen)
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=chosen)
            _follow_in_admin(request.user, chosen)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Switch between light, dark and what the system says, for this browser."""
    response = HttpResponse(status=204) if not request.accepts("text/html") else _back(request)
    chosen = request.POST.get("theme", "")
    if chosen in navigation.THEMES:
        response.set_cookie(
            navigation.THEME_COOKIE,
            chosen,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@require_GET
def design(request: HttpRequest) -> HttpResponse:
    """Show every component with invented content."""
    return render(request, "access/design.html", examples.context())


def closed_login(request: HttpRequest) -> HttpResponse:
    """Stand where Wagtail's own login was: it takes no password, it leads to the sign-in."""
    query = request.GET.urlencode()
    return HttpResponseRedirect(reverse("access:sign-in") + (f"?{query}" if query else ""))


def _back(request: HttpRequest) -> HttpResponseRedirect:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if safe and wanted else reverse("access:home"))


def _keep_language(response: HttpResponse, code: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _follow_in_admin(person: Any, code: str) -> None:
    """Let Wagtail's admin speak the same language; it keeps its own preference."""
    from wagtail.users.models import UserProfile

    UserProfile.objects.filter(user=person).update(preferred_language=code)


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """Lead to the picture of the product: browsers ask here for documents that name none, such as a PDF."""
    return redirect(static("remit/favicon.svg"))
