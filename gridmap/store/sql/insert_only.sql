-- History can be added to, never changed: neither by a mistake in our code nor by hand.
CREATE OR REPLACE FUNCTION gridmap_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE OR REPLACE TRIGGER audit_insert_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION gridmap_refuse_change();

CREATE OR REPLACE TRIGGER case_events_insert_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
    FOR EACH STATEMENT EXECUTE FUNCTION gridmap_refuse_change();

CREATE OR REPLACE TRIGGER plan_events_insert_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_events
    FOR EACH STATEMENT EXECUTE FUNCTION gridmap_refuse_change();

CREATE OR REPLACE TRIGGER follow_ups_insert_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON follow_ups
    FOR EACH STATEMENT EXECUTE FUNCTION gridmap_refuse_change();
