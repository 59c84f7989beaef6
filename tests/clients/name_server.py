"""A name server that knows every name by the same addresses, as Kubernetes' does the pods of a headless service."""
import socket
import socketserver
import struct
import threading

HEADER_BYTES = 12
TYPE_A = 1
CLASS_IN = 1
ANSWER = 0x8180  # a response, recursion desired and available, no error
TO_THE_QUESTION = 0xC00C
TTL_SECONDS = 30


class Query(socketserver.BaseRequestHandler):
    """Of other types than A there is nothing."""

    def handle(self):
        query, answers = self.request
        name_end = query.index(b"\0", HEADER_BYTES) + 1
        question = query[HEADER_BYTES:name_end + 4]
        kind = int.from_bytes(query[name_end:name_end + 2], "big")
        addresses = self.server.addresses if kind == TYPE_A else []
        records = b"".join(struct.pack(">HHHIH4s", TO_THE_QUESTION, TYPE_A, CLASS_IN, TTL_SECONDS, 4, socket.inet_aton(address))
                           for address in addresses)
        answers.sendto(query[:2] + struct.pack(">HHHHH", ANSWER, 1, len(addresses), 0, 0) + question + records, self.client_address)


class NameServer(socketserver.UDPServer):
    def __init__(self, addresses):
        super().__init__(("127.0.0.1", 0), Query)
        self.addresses = addresses
        self.address = "%s:%d" % self.server_address

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
