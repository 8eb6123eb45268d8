"""Writes matplotlib's 256 colours of magma and viridis to colormaps.csv: name, index, red, green, blue in 0…255.

The same numbers, as the hexadecimal table of Sources/Figures/ColorMapTables.swift, with --swift.
"""
import sys
from pathlib import Path

import numpy as np
from matplotlib import colormaps

tables = {name: np.rint(255 * np.array(colormaps[name].colors)).astype(int) for name in ("magma", "viridis")}
if "--swift" in sys.argv:
    for name, table in tables.items():
        print(f'  static let {name} = """')
        digits = "".join("%02x%02x%02x" % tuple(color) for color in table)
        print("\\\n".join("    " + digits[start:start + 96] for start in range(0, len(digits), 96)))
        print('    """')
else:
    rows = [f"{name},{i},{r},{g},{b}" for name, table in tables.items() for i, (r, g, b) in enumerate(table)]
    Path(__file__).with_name("colormaps.csv").write_text("name,index,red,green,blue\n" + "\n".join(rows) + "\n")
