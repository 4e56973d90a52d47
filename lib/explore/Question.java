package lib.explore;

/**
 * What is asked of a database, one constant a query. A health rule names the questions that it stands on: when one of
 * them was not fully answered, the rule cannot say that all is well.
 */
public enum Question {
    LOCKS("locks"),
    RELATIONS("tables and views", true),
    COLUMNS("columns", true),
    KEYS("keys and checks", true),
    INDEXES("indexes", true),
    TRIGGERS("triggers"),
    SIZES("sizes and use of tables"),
    EXACT_SIZES("exact sizes"),
    BLOAT("the estimate of bloat"),
    VIEWS("definitions of views"),
    FUNCTIONS("functions"),
    TYPES("types"),
    SEQUENCES("sequences"),
    SEQUENCE_VALUES("last values of sequences"),
    EXTENSIONS("extensions"),
    SCHEMAS("schemas"),
    ROLES("roles"),
    ROLE_SETTINGS("settings of roles and databases"),
    GRANTS("grants"),
    DEFAULT_PRIVILEGES("default privileges"),
    DATABASES("databases"),
    DATABASE("the database"),
    SETTINGS("settings"),
    CONNECTIONS("connections"),
    TRANSACTIONS("long transactions"),
    BLOCKED("blocked sessions"),
    STATEMENTS("slow queries"),
    SLOTS("replication slots"),
    ORPHANS("chunks without a hypertable"),
    DETAILS("options, row security and replica identity of tables"),
    INHERITANCE("partitions and inheritance"),
    POLICIES("row security policies"),
    REWRITE_RULES("rules"),
    STATISTICS("extended statistics"),
    FOREIGN_SERVERS("foreign servers"),
    FOREIGN_TABLES("options of foreign tables"),
    USER_MAPPINGS("user mappings"),
    PUBLICATIONS("publications"),
    SUBSCRIPTIONS("subscriptions"),
    EVENT_TRIGGERS("event triggers"),
    DEPENDENTS("views and functions that depend on tables"),
    RIGHTS("own rights"),
    HYPERTABLES("hypertables"),
    DIMENSIONS("dimensions"),
    CHUNKS("chunks"),
    CHUNK_INDEXES("indexes of chunks"),
    CHUNK_USE("use of chunks"),
    CHUNK_RIGHTS("rights on chunks"),
    COMPRESSION("compression settings"),
    AGGREGATES("continuous aggregates"),
    AGGREGATE_DEFINITIONS("definitions of continuous aggregates"),
    PENDING_REFRESHES("changes that wait for a refresh"),
    JOBS("jobs"),
    JOB_RUNS("runs of jobs"),
    JOB_ERRORS("errors of jobs");

    private final String title;
    private final boolean essential;

    Question(String title) {
        this(title, false);
    }

    Question(String title, boolean essential) {
        this.title = title;
        this.essential = essential;
    }

    /** In people's words: "keys and checks". */
    public String title() {
        return title;
    }

    /** Without any answer to it there is nothing to judge. */
    public boolean isEssential() {
        return essential;
    }
}
