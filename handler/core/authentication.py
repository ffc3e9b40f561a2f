"""From a presented key to the principal it stands for."""

from dataclasses import dataclass

from handler.core import errors
from handler.core.accounts import AccountStatus, Principal, hash_secret, require_well_formed
from handler.core.ports import Clock, PrincipalStore


@dataclass(frozen=True)
class Authentication:
    """Checks keys."""

    accounts: PrincipalStore
    clock: Clock

    def principal(self, secret: str | None) -> Principal:
        """Who presents `secret`.

        Raises:
            ApiKeyRequired: Nothing was presented.
            InvalidApiKey: It is malformed, which no table is read for, or unknown.
            ApiKeyDisabled: It is revoked or expired, or its account is closed.
        """
        if not secret:
            raise errors.ApiKeyRequired
        principal = self.accounts.principal(hash_secret(require_well_formed(secret)))
        if principal is None:
            raise errors.InvalidApiKey
        if not principal.key.is_usable(self.clock.now_ms()):
            raise errors.ApiKeyDisabled
        if principal.account.status is not AccountStatus.ACTIVE:
            raise errors.ApiKeyDisabled
        return principal
