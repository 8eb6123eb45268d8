"""TensorBoard's own events of fixed numbers, for TensorBoardEventsTests: events.tfevents."""
import os

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

values = {"loss/training": 1.75, "loss/validation": 0.1, "accuracy/validation": 0.0, "macro_f1/validation": 1.0, "rate": 1e-3}
events = [
    Event(wall_time=1000.5, file_version="brain.Event:2"),
    Event(wall_time=1001.25, step=1, summary=Summary(value=[Summary.Value(tag=k, simple_value=v) for k, v in values.items()])),
    Event(
        wall_time=1002.0, step=300,
        summary=Summary(value=[Summary.Value(tag="loss/training", simple_value=0.5), Summary.Value(tag="rate", simple_value=1e-4)])),
]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "events.tfevents")
with open(path, "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
    writer.flush()
