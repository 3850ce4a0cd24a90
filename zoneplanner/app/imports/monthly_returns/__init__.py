"""The monthly returns of principals: a workbook, or a folder of them."""
