-- In how many groups an order was announced, of those of which it is known; null where a replica of the release before has
-- written the row. The index counts nothing: `mission_found` has no need of these.
ALTER TABLE mission ADD COLUMN groups integer, ADD COLUMN reached integer;

UPDATE mission SET groups = told.groups, reached = told.reached FROM (
    SELECT mission_id, count(*) AS groups, count(*) FILTER (WHERE stands) AS reached FROM (
        SELECT mission_id, bool_or(type = 'AnnouncementDelivered') AS stands
        FROM event WHERE type IN ('AnnouncementDelivered', 'AnnouncementFailed')
        GROUP BY mission_id, body::jsonb #>> '{data,audience}', body::jsonb #>> '{data,unit}'
    ) AS of_group GROUP BY mission_id
) AS told WHERE mission.mission_id = told.mission_id;
