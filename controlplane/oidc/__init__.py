"""Sign-in of operators by a provider of OpenID Connect: authorization code, PKCE, state, nonce."""
