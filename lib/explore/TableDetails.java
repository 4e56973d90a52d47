//SOURCES ../RecordFields.java CatalogReader.java ObjectCatalog.java Report.java
package lib.explore;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lib.RecordFields;
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
        new TableDetails(
            Map.of(),
            new ObjectCatalog.Inheritance(Map.of(), Map.of()),
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of()).all(0);

    static Supplier<TableDetails> ask(CatalogReader reader, ObjectCatalog objects, String[] oids) {
        var options = reader.soon(() -> objects.options(oids));
        var inheritance = reader.soon(() -> objects.inheritance(oids));
        var partitionIndexes = reader.soon(() -> objects.partitionIndexes(oids));
        var policies = reader.soon(() -> objects.policies(oids));
        var rules = reader.soon(() -> objects.rules(oids));
        var statistics = reader.soon(() -> objects.statistics(oids));
        var chunkReaders = reader.soon(objects::chunkReaders);
        return () -> new TableDetails(
            options.get(),
            inheritance.get(),
            partitionIndexes.get(),
            policies.get(),
            rules.get(),
            statistics.get(),
            chunkReaders.get());
    }

    List<String> options(long oid) {
        return options.getOrDefault(oid, PLAIN).options();
    }

    Details of(long oid) {
        var details = all(oid);
        return details.equals(NOTHING) ? null : details;
    }

    private Details all(long oid) {
        var own = options.getOrDefault(oid, PLAIN);
        return RecordFields.of(Details.class)
            .with("inherits", inheritance.inherits().getOrDefault(oid, List.of()))
            .with("partitions", inheritance.partitions().getOrDefault(oid, List.of()))
            .with("rowSecurity", own.rowSecurity())
            .with("policies", policies.getOrDefault(oid, List.of()))
            .with("rules", rules.getOrDefault(oid, List.of()))
            .with("options", own.options())
            .with("replicaIdentity", own.identity())
            .with("statistics", statistics.getOrDefault(oid, List.of()))
            .with("foreignServer", own.foreignServer())
            .with("foreignOptions", own.foreignOptions())
            .with("partitionIndexes", partitionIndexes.getOrDefault(oid, List.of()))
            .with("ofType", own.ofType())
            .with("children", own.children())
            .with("chunkReaders", chunkReaders.getOrDefault(oid, List.of()))
            .record();
    }
}
