# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What the scripts with TLS share."""

import pathlib
import shutil
import ssl
import subprocess
import tempfile


class Certificates:
    """A certificate, for localhost if not told otherwise, that is its own authority, in a folder that goes with it."""

    def __init__(self, name="localhost", address="127.0.0.1"):
        self.name, self.address = name, address

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fanfare-tls-"))
        self.chain, self.key = self.folder / "chain.pem", self.folder / "key.pem"
        self.renew()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def renew(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "1", "-subj", f"/CN={self.name}",
             "-addext", f"subjectAltName=DNS:{self.name},IP:{self.address}",
             "-keyout", self.key, "-out", self.chain], check=True, stderr=subprocess.DEVNULL)

    def trusted(self):
        """A client's context that trusts only the certificate of now."""
        return ssl.create_default_context(cafile=self.chain)
