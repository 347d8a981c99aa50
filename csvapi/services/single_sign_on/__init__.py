"""Single sign-on by OpenID Connect: the provider shows who somebody is, csvapi which account that opens.

provider_requests  one request to the provider, bounded in time, size and number
provider           what the provider says of itself, its keys, and what it answers for a code
id_tokens          whether an ID token is the provider's, for this sign-in
flow               from the button to the provider and back: the state in a cookie
identities         which account an identity opens; linking, waiting to be linked
rights             whether its groups make somebody an administrator
signing_in         the session of somebody whom the provider knows
entry_links        the operator's way in while the provider is away
"""
