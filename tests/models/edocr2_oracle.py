"""Run under the interpreter that has eDOCr2's own code and TensorFlow: makes files as a user of it has, and reads rows
by its authors' own recogniser. Nothing of ours is imported.

Arguments: a folder with `rows/dimensions/*.png` and `rows/gdts/*.png`. Leaves the four files there and prints
{"dimensions": [texts], "gdts": [texts], "versions": {...}} as its last line.
"""

import json
import os
import string
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import cv2
import keras
import numpy as np
import tensorflow as tf
from edocr2.keras_ocr import recognition, tools

FORMS, CONDITIONS = "⏤⏥○⌭⌒⌓⏊∠⫽⌯⌖◎↗⌰", "ⒺⒻⓁⓂⓅⓈⓉⓊ"
SIGNS = {
    "dimensions": string.digits + "AaBCDRGHhMmnx" + '(),.+-±:/°"⌀',
    "gdts": string.digits + ",.⌀ABCD" + FORMS + CONDITIONS,
}
GAIN = 30.0
"""What makes random weights decided: from step to step another sign, each row another text."""


def made(folder, name, rows):
    """A net with random weights, saved as eDOCr2's `train_synth_recognizer` does: its training model, optimizer too."""
    keras.utils.set_random_seed(len(name))
    _, model, training, _ = recognition.build_model(alphabet=SIGNS[name], **recognition.DEFAULT_BUILD_PARAMS)
    settle(model, rows)
    kernel, bias = model.get_layer("fc_12").get_weights()
    model.get_layer("fc_12").set_weights([kernel * GAIN, bias])
    training.compile(optimizer="RMSprop", loss=lambda _, y_pred: y_pred)
    training.optimizer.build(training.trainable_variables)
    training.save(str(folder / f"recognizer_{name}.keras"))
    (folder / f"recognizer_{name}.txt").write_text(f"{SIGNS[name]}\n", encoding="utf-8")


def settle(model, rows):
    """Each normalisation has the statistics of these rows, so that what rows differ in reaches the end."""
    shown = [tools.read_and_fit(row, width=200, height=31, cval=0) for row in rows]
    shown = np.stack([cv2.cvtColor(one, cv2.COLOR_RGB2GRAY)[..., None] for one in shown]).astype("float32") / 255
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            seen = keras.Model(model.input, layer.input).predict(shown, verbose=0)
            scale, shift = layer.get_weights()[:2]
            layer.set_weights([scale, shift, seen.mean(axis=(0, 1, 2)), seen.var(axis=(0, 1, 2))])


def main(folder):
    said = {"versions": {"tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__}}
    for name in SIGNS:
        rows = [cv2.imread(str(path)) for path in sorted((folder / "rows" / name).glob("*.png"))]
        made(folder, name, rows)
        # None: otherwise it fetches the weights of keras-ocr from the network, to write ours over them.
        recognizer = recognition.Recognizer(alphabet=SIGNS[name], weights=None)
        recognizer.model.load_weights(str(folder / f"recognizer_{name}.keras"))
        said[name] = [recognizer.recognize(image=row) for row in rows]
    print()
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
