//SOURCES ObjectCatalog.java Report.java
package lib.explore;

import java.util.List;
import java.util.Map;
import lib.explore.Report.Definition;
import lib.explore.Report.Details;
import lib.explore.Report.PartitionIndex;
import lib.explore.Report.Policy;

/** Puts what few tables have together, by the table's OID; null for the many that have nothing of it. */
record TableDetails(
    Map<Long, ObjectCatalog.Options> options,
    ObjectCatalog.Inheritance inheritance,
    Map<Long, List<PartitionIndex>> partitionIndexes,
    Map<Long, List<Policy>> policies,
    Map<Long, List<Definition>> rules,
    Map<Long, List<Definition>> statistics,
    Map<Long, List<String>> chunkReaders) {
    private static final ObjectCatalog.Options PLAIN =
        new ObjectCatalog.Options(null, null, List.of(), null, List.of(), null, 0);
    private static final Details NOTHING =
        new Details(
            List.of(),
            List.of(),
            null,
            List.of(),
            List.of(),
            List.of(),
            null,
            List.of(),
            null,
            List.of(),
            List.of(),
            null,
            0,
            List.of());

    List<String> options(long oid) {
        return options.getOrDefault(oid, PLAIN).options();
    }

    Details of(long oid) {
        var own = options.getOrDefault(oid, PLAIN);
        var details = new Details(
            inheritance.inherits().getOrDefault(oid, List.of()),
            inheritance.partitions().getOrDefault(oid, List.of()),
            own.rowSecurity(),
            policies.getOrDefault(oid, List.of()),
            rules.getOrDefault(oid, List.of()),
            own.options(),
            own.identity(),
            statistics.getOrDefault(oid, List.of()),
            own.foreignServer(),
            own.foreignOptions(),
            partitionIndexes.getOrDefault(oid, List.of()),
            own.ofType(),
            own.children(),
            chunkReaders.getOrDefault(oid, List.of()));
        return details.equals(NOTHING) ? null : details;
    }
}
