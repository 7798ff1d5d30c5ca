import json
import os
import signal
import sys

from confluent_kafka import Consumer, KafkaException

consumer = Consumer({
    "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
    "group.id": os.environ.get("GROUP_ID", "example"),
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
})
seen = {}


def handle(message):
    headers = {name: value.decode() for name, value in message.headers()}
    identity = tuple(headers[name] for name in ("ce_source", "ce_id", "ce_type", "ce_digest"))
    if identity in seen:
        return
    thing = json.loads(message.value())["data"]["object"]
    line = {name: headers.get("ce_" + name) for name in ("id", "type", "subject")}
    line["key"] = message.key().decode() if message.key() else None
    print(json.dumps({**line, "amount": thing.get("amount"), "currency": thing.get("currency")}), flush=True)
    seen[identity] = True
    if len(seen) > 100_000:
        del seen[next(iter(seen))]


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
consumer.subscribe(sys.argv[1:])
try:
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        handle(message)
        consumer.commit(message)  # only now: a record that fails is read again
finally:
    consumer.close()
