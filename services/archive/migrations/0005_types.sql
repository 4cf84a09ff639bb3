-- Whoever asks for events of some types only would otherwise read all of the log for those that are rare.
CREATE INDEX event_of_type ON event (type, position);
