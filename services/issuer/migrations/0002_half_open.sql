-- A mission holds its people and its vehicle from its departure up to its return, the return itself excluded: who comes
-- back at noon may leave again at noon. The services of the release before keep adding spans with both ends; those are
-- only longer by their last moment.
UPDATE engagement SET during = tstzrange(lower(during), upper(during), '[)') WHERE upper_inc(during);

-- What is closed has ended, however long it was planned to last. `updated_at` is when it was closed.
UPDATE engagement e SET during = during * tstzrange(NULL, m.updated_at, '[)')
  FROM mission m WHERE m.mission_id = e.mission_id AND m.state = 'closed' AND upper(e.during) > m.updated_at;

-- The province above a plate is no part of what the vehicle is known by any more. Where two orders that were issued
-- before turn out to share a car, the later row keeps its old key: nothing issued is taken back.
DO $$
DECLARE
    written record;
    provinces constant text := '^(រាជធានី|ខេត្ត|ក្រុង)*(បន្ទាយមានជ័យ|បាត់ដំបង|កំពង់ចាម|កំពង់ឆ្នាំង|កំពង់ស្ពឺ|កំពង់ធំ|កំពត|កណ្តាល|កណ្ដាល'
        '|កោះកុង|ក្រចេះ|មណ្ឌលគិរី|ភ្នំពេញ|ព្រះវិហារ|ព្រៃវែង|ពោធិ៍សាត់|រតនគិរី|សៀមរាប|ព្រះសីហនុ|ស្ទឹងត្រែង|ស្វាយរៀង|តាកែវ|ឧត្តរមានជ័យ|កែប'
        '|ប៉ៃលិន|ត្បូងឃ្មុំ|PHNOMPENH)';
BEGIN
    FOR written IN
        SELECT e.mission_id, e.key, regexp_replace(e.key, provinces, '') AS bare
          FROM engagement e JOIN mission m USING (mission_id)
         WHERE e.kind = 'vehicle' AND e.key ~ provinces ORDER BY m.requested_at
    LOOP
        BEGIN
            UPDATE engagement SET key = written.bare
             WHERE mission_id = written.mission_id AND kind = 'vehicle' AND key = written.key AND written.bare <> '';
        EXCEPTION WHEN exclusion_violation THEN
            RAISE NOTICE 'mission % keeps the plate %', written.mission_id, written.key;
        END;
    END LOOP;
END $$;
