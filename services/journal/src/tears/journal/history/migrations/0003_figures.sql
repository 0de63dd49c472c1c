-- The figures of days and nights come from these indexes alone: a read of the disk for each hour and each sound of a
-- month would take half a second on an SD card.
CREATE INDEX hours_by_figures ON hours (hour, mic, heard);
DROP INDEX episodes_by_time;
CREATE INDEX episodes_by_time ON episodes (began_at, mic, alerted_at, ended_at);
DROP INDEX near_misses_by_time;
CREATE INDEX near_misses_by_time ON near_misses (began_at, mic);
