"""The archive: keeps every event and every document, and shows each mission as a timeline."""
