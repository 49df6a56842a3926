-- What an import writes is noted row by row while the setting gridmap.import_id names it, so that it can be undone.
CREATE SEQUENCE IF NOT EXISTS import_changes_step;

CREATE OR REPLACE FUNCTION gridmap_note_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE import bigint := nullif(current_setting('gridmap.import_id', true), '')::bigint;
        step bigint;
BEGIN
    IF import IS NOT NULL THEN
        step := nextval('import_changes_step');
        INSERT INTO import_changes (import_id, step, table_name, row_id, after_md5)
        SELECT import, step, TG_TABLE_NAME, n.id, md5(n::text) FROM now_rows n;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridmap_note_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE import bigint := nullif(current_setting('gridmap.import_id', true), '')::bigint;
        step bigint;
BEGIN
    IF import IS NOT NULL THEN
        step := nextval('import_changes_step');
        INSERT INTO import_changes (import_id, step, table_name, row_id, row_before, after_md5)
        SELECT import, step, TG_TABLE_NAME, n.id, o::text, md5(n::text) FROM now_rows n JOIN was_rows o ON o.id = n.id;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridmap_note_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE import bigint := nullif(current_setting('gridmap.import_id', true), '')::bigint;
        step bigint;
BEGIN
    IF import IS NOT NULL THEN
        step := nextval('import_changes_step');
        INSERT INTO import_changes (import_id, step, table_name, row_id, row_before)
        SELECT import, step, TG_TABLE_NAME, o.id, o::text FROM was_rows o;
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['units', 'editions', 'boundaries', 'county', 'organisations', 'members', 'workers',
        'assignments', 'posts', 'post_holders', 'service_points', 'household_counts', 'cases', 'meetings']
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER note_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS now_rows'
            ' FOR EACH STATEMENT EXECUTE FUNCTION gridmap_note_insert()', name);
        EXECUTE format('CREATE OR REPLACE TRIGGER note_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS was_rows'
            ' NEW TABLE AS now_rows FOR EACH STATEMENT EXECUTE FUNCTION gridmap_note_update()', name);
        EXECUTE format('CREATE OR REPLACE TRIGGER note_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS was_rows'
            ' FOR EACH STATEMENT EXECUTE FUNCTION gridmap_note_delete()', name);
    END LOOP;
END
$$;
