"""Settings of the single sign-on: by OpenID Connect, at a provider that the operator runs or trusts."""

from __future__ import annotations

from dataclasses import dataclass

from csvapi.object_settings import ObjectSettings
from csvapi.setting_forms import setting


@dataclass(frozen=True, slots=True)
class SignOnSettings(ObjectSettings):
    """The part of `Settings` that is about the provider, and about accounts with a password of ours."""

    local_accounts: bool = setting(
        True, "CSVAPI_LOCAL_ACCOUNTS", "Let people register and sign in with a password of csvapi's own", read="switch"
    )
    oidc_issuer: str = setting(
        "", "CSVAPI_OIDC_ISSUER", "Address of the provider of the single sign-on (OpenID Connect); empty: there is none"
    )
    oidc_client_id: str = setting("", "CSVAPI_OIDC_CLIENT_ID", "The name that the provider knows csvapi by")
    oidc_client_secret: str = setting(
        "", "CSVAPI_OIDC_CLIENT_SECRET", "The secret that belongs to it; empty: the provider asks for none"
    )
    oidc_scopes: str = setting("openid email profile", "CSVAPI_OIDC_SCOPES", "What the provider is asked for")
    oidc_groups_claim: str = setting(
        "groups", "CSVAPI_OIDC_GROUPS_CLAIM", "The claim that lists groups; `a.b` for `b` within `a`"
    )
    oidc_admin_groups: str = setting(
        "", "CSVAPI_OIDC_ADMIN_GROUPS", "Groups whose members are administrators, with commas; empty: csvapi decides"
    )
    oidc_name: str = setting("single sign-on", "CSVAPI_OIDC_NAME", "What the provider is called on the button")
