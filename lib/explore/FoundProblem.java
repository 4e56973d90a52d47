//SOURCES Cure.java Rule.java
package lib.explore;

/**
 * A finding being put together, step by step:
 * {@code out.warning("public.t").says("…").evidence("…").expected("…").source("pg_class")}.
 */
public final class FoundProblem {
    final Rule.Severity severity;
    final String object;
    String message = "";
    String evidence = "";
    String expected = "";
    String source = "";
    boolean exact = true;
    double extent = 1;
    Cure cure;

    FoundProblem(Rule.Severity severity, String object) {
        this.severity = severity;
        this.object = object;
    }

    /** One sentence without a full stop. */
    public FoundProblem says(String sentence) {
        message = sentence;
        return this;
    }

    /** The measured values. */
    public FoundProblem evidence(String measured) {
        evidence = measured;
        return this;
    }

    /** What would be in order. */
    public FoundProblem expected(String threshold) {
        expected = threshold;
        return this;
    }

    /** The catalog that it was seen in. */
    public FoundProblem source(String catalog) {
        source = catalog;
        return this;
    }

    public FoundProblem estimated() {
        exact = false;
        return this;
    }

    public FoundProblem exact(boolean measured) {
        exact = measured;
        return this;
    }

    /** How much of the severity's points it takes, 0 to 1: by what share, or how much data, is affected. */
    public FoundProblem extent(double share) {
        extent = Math.clamp(share, 0, 1);
        return this;
    }

    public FoundProblem cure(Cure what) {
        cure = what;
        return this;
    }
}
