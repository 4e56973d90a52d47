package lib.explore;

/**
 * What mends a finding. Either SQL that runs as it stands, one statement a line, or a sketch: then somebody has to
 * decide something first, and the text says what.
 *
 * @param cost what it takes: a lock, a rewrite, time; null when it is cheap
 */
public record Cure(String sql, boolean runs, String cost) {
    /** SQL that runs as it stands. */
    public static Cure sql(String statements) {
        return new Cure(statements, true, null);
    }

    /** What to decide, and the SQL that would follow from it; each line of prose starts with {@code --}. */
    public static Cure decide(String sketch) {
        return new Cure(sketch, false, null);
    }

    public Cure costs(String what) {
        return new Cure(sql, runs, what);
    }
}
