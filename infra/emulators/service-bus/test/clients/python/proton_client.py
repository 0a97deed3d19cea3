"""Sends, receives and settles with qpid-proton, which is no Azure library.

Arguments: the port of a broker on 127.0.0.1, and the name and the key of an authorization rule.

Prints one line of JSON with what it saw, for the test that runs it to judge.
"""

import json
import sys

from proton import Message
from proton.utils import BlockingConnection

port, user, password = sys.argv[1:4]
connection = BlockingConnection(
    f"amqp://127.0.0.1:{port}",
    timeout=20,
    user=user,
    password=password,
    allowed_mechs="PLAIN",
    allow_insecure_mechs=True,
)
sender = connection.create_sender("orders")
for body in ("completed", "released", "failed"):
    sender.send(Message(body=body))

receiver = connection.create_receiver("orders", credit=3)
tries = {}
for _ in range(3):
    message = receiver.receive()
    tries[message.body] = [message.delivery_count]
    if message.body == "completed":
        receiver.accept()
    else:
        # "modified" with delivery-failed, or "released"
        receiver.release(delivered=message.body == "failed")

receiver.flow(2)
for _ in range(2):
    message = receiver.receive()
    tries[message.body].append(message.delivery_count)
    receiver.accept()

connection.close()
print(json.dumps(tries))
