-- Making read models again asks for these few events of the whole log while it holds tables.
CREATE INDEX event_of_directory ON event (position) WHERE type = 'DirectoryChanged';
