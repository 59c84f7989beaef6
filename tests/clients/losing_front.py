"""Stands between clients and a service and loses answers: of every third call it throws the answer away, with the connection, when the
service has done its work. What HTTP/2 needs for that is the frames' headers: a call's answer begins with the first HEADERS of its stream."""
import socket
import threading

FRAME_HEADER_BYTES = 9
HEADERS = 1
ANSWERS_PER_LOSS = 3


class LosingFront:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.service = (host, int(port))
        self.lost = 0
        self.answers = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, socket.create_connection(self.service) as service:
            answers = threading.Thread(target=self.pass_answers, args=(client, service), daemon=True)
            answers.start()
            self.pass_requests(client, service)
            answers.join()

    @staticmethod
    def hang_up(*connections):
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other end was first

    def pass_requests(self, client, service):
        try:
            while data := client.recv(65536):
                service.sendall(data)
        except OSError:
            pass
        self.hang_up(client, service)

    def pass_answers(self, client, service):
        streams = set()
        try:
            with service.makefile("rb") as frames:
                while len(header := frames.read(FRAME_HEADER_BYTES)) == FRAME_HEADER_BYTES:
                    body = frames.read(int.from_bytes(header[:3], "big"))
                    stream = int.from_bytes(header[5:], "big") & 0x7FFFFFFF
                    if header[3] == HEADERS and stream not in streams:
                        streams.add(stream)
                        if self.loses():
                            break
                    client.sendall(header + body)
        except OSError:
            pass
        self.hang_up(client, service)

    def loses(self):
        with self.lock:
            self.answers += 1
            loses = self.answers % ANSWERS_PER_LOSS == 0
            self.lost += loses
            return loses
