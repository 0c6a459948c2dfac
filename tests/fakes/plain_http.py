"""For httpx where all is `http://`: else it reads the list of authorities for each request and
each client, which takes 30 ms of a core, and polls do little else.
"""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
