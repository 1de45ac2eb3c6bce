"""Our keyed hashes are the standard's, and the letters of ids those of base 32."""

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from common.ids import derive, keyed
from common.macs import Hash, mac

HASHES: st.SearchStrategy[Hash] = st.sampled_from(["sha1", "sha256"])


@given(st.binary(max_size=200), st.binary(max_size=200), HASHES)
def test_a_mac_is_what_the_standard_library_makes_of_it(key: bytes, text: bytes, hash: Hash) -> None:
    assert mac(key, text, hash) == hmac.digest(key, text, hash) == mac(key, text, hash)


@given(st.text(max_size=20), st.binary(max_size=80))
def test_derived_ids_are_what_they_always_were(text: str, key: bytes) -> None:
    framed = len(text.encode()).to_bytes(4, "big") + text.encode()
    for made, digest in ((derive(text), hashlib.sha256(framed)), (keyed(key, text), hmac.new(key, framed, "sha256"))):
        assert made == base64.b32encode(digest.digest()).decode().lower()[:26]
