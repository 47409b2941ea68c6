"""A library whose import never ends. Holds no tests."""

import threading

print("looking for a device")
threading.Event().wait()
