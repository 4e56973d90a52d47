package lib;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a tool's exit status means. One list for all tools; it is printed in every {@code --help}.
 *
 * <p>JBang itself ends with 1, 2 and 4, so the codes that are ours alone start at 10.
 */
public final class ExitCode {
    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;
    public static final int NO_CONNECTION = 10;
    /**
     * The question was answered, and the answer is no: verification failed, health below the limit, no data in the
     * window.
     */
    public static final int ANSWER_IS_NO = 11;
    /** Something must be put right first: a permission, a version, disk space, a setting. */
    public static final int NOT_READY = 12;
    public static final int INTERRUPTED = 130;

    /** Code and meaning, in the order in which {@code --help} prints them. */
    static Map<String, String> meanings() {
        var list = new LinkedHashMap<String, String>();
        list.put("0", "done");
        list.put("1", "failed");
        list.put("2", "wrong usage");
        list.put("10", "no connection to the database");
        list.put("11", "the answer is no (verification failed, health below the limit, no data in the window)");
        list.put("12", "not ready (permission, version, disk space, setting)");
        list.put("130", "interrupted");
        return list;
    }

    private ExitCode() {}
}
