"""Read a project file as a LibreOffice data source; run by the system's Python.

libreoffice_reader.py FILE QUERY
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uno

DRIVERS = ("/usr/lib/x86_64-linux-gnu/odbc", "/usr/lib/aarch64-linux-gnu/odbc")


def connect(context, folder):
    """Connect to the started office as soon as it listens."""
    resolver = context.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", context
    )
    for _ in range(120):
        try:
            return resolver.resolve(f"uno:pipe,name={folder.name};urp;StarOffice.ComponentContext")
        except Exception:  # not listening yet
            time.sleep(0.5)
    raise TimeoutError("LibreOffice did not start")


def read(office, query):
    """Return the views of the data source and the rows of a query."""
    manager = office.ServiceManager.createInstanceWithContext(
        "com.sun.star.sdbc.DriverManager", office
    )
    connection = manager.getConnection("sdbc:odbc:district")
    tables = connection.getMetaData().getTables(None, "%", "%", ("VIEW",))
    views = []
    while tables.next():
        views.append(tables.getString(3))
    found = connection.createStatement().executeQuery(query)
    columns = range(1, found.getMetaData().getColumnCount() + 1)
    rows = []
    while found.next():
        rows.append([found.getString(at) for at in columns])
    connection.close()
    return {"views": views, "rows": rows}


def main():
    """Start a separate office, query it and stop it."""
    file, query = sys.argv[1:]
    driver = next(f"{one}/libsqlite3odbc.so" for one in DRIVERS if Path(one).exists())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = f"[district]\nDriver={driver}\nDatabase={file}\n"
        (folder / "odbc.ini").write_text(source, encoding="utf-8")
        office = subprocess.Popen(
            [
                *("soffice", "--headless", "--norestore"),
                f"-env:UserInstallation=file://{folder}/profile",
                f"--accept=pipe,name={folder.name};urp;",
            ],
            env={**os.environ, "ODBCINI": str(folder / "odbc.ini"), "HOME": name},
        )
        try:
            there = connect(uno.getComponentContext(), folder)
            print("said " + json.dumps(read(there, query)))
            there.ServiceManager.createInstanceWithContext(
                "com.sun.star.frame.Desktop", there
            ).terminate()
            office.wait(30)
        finally:
            office.kill()


main()
