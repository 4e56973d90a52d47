package lib.restore;

/** What a restored cluster is to be. Only the original archives, runs jobs and feeds subscriptions. */
public enum ClusterRole {
    /** Where the cluster was that was backed up: it goes on where that one stopped. */
    ORIGINAL,
    /** The original may still run, so archiving, jobs and subscriptions stay off. */
    COPY,
    /** It follows the original by streaming replication, and can take its place. */
    STANDBY
}
