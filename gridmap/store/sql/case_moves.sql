-- The pairs of states that a move joins: domain.cases.PAIRS (tests hold both equal). A state that no move leads to
-- cannot be written, and history shows every change of state because the trigger below asks for its line.
CREATE OR REPLACE FUNCTION gridmap_refuse_illegal_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- a list from another system brings its own states; its history line is asked for all the same
    IF coalesce(current_setting('gridmap.cases_from_list', true), '') <> 'on'
       AND NOT EXISTS (SELECT FROM case_moves m WHERE m.before = OLD.status AND m.after = NEW.status) THEN
        RAISE EXCEPTION 'a case does not go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER cases_legal_moves
    BEFORE UPDATE OF status ON cases
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION gridmap_refuse_illegal_move();

CREATE OR REPLACE FUNCTION gridmap_demand_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM case_events e WHERE e.case_id = NEW.id AND e.before = OLD.status AND e.after = NEW.status
    ) THEN
        RAISE EXCEPTION 'case % changed from % to % without a line in its history', NEW.number, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS cases_history_kept ON cases;
CREATE CONSTRAINT TRIGGER cases_history_kept
    AFTER UPDATE OF status ON cases DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION gridmap_demand_event();

CREATE SEQUENCE IF NOT EXISTS case_numbers;
