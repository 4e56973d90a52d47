//SOURCES Report.java StructureCatalog.java
package lib.explore;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.explore.Report.ForeignKey;
import lib.explore.Report.Routine;
import lib.explore.StructureCatalog.Rel;

/**
 * Who points at a table: foreign keys, views, functions. Functions in text form are found by the names in their source.
 */
final class ObjectLinks {
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][\\w$]*");

    private final Map<Long, List<String>> references = new HashMap<>();
    private final Map<Long, List<String>> users = new HashMap<>();

    ObjectLinks(
        List<Rel> relations,
        Map<Long, List<ForeignKey>> foreignKeys,
        Map<Long, List<String>> dependents,
        List<Routine> routines) {
        var byFullName =
            relations.stream().collect(Collectors.toMap(r -> r.schema() + "." + r.name(), r -> r, (a, b) -> a));
        for (var r : relations) {
            for (var key : foreignKeys.getOrDefault(r.oid(), List.of())) {
                var target = byFullName.get(key.target());
                if (target == null) continue;
                references.computeIfAbsent(target.oid(), o -> new ArrayList<>())
                    .add(r.schema() + "." + r.name() + " (" + String.join(", ", key.columns()) + ")");
            }
        }
        dependents.forEach((oid, names) -> users.computeIfAbsent(oid, o -> new ArrayList<>()).addAll(names));
        mentions(relations, routines);
    }

    private void mentions(List<Rel> relations, List<Routine> routines) {
        var byName = new HashMap<String, Rel>();
        var ambiguous = new HashSet<String>();
        for (var r : relations) {
            if (r.kind() != 'v' && byName.putIfAbsent(r.name(), r) != null) ambiguous.add(r.name());
        }
        ambiguous.forEach(byName::remove);
        for (var routine : routines) {
            if (routine.body() == null) continue;
            var seen = new HashSet<Long>();
            var words = IDENTIFIER.matcher(routine.body());
            while (words.find()) {
                var table = byName.get(words.group());
                var function = "function " + routine.schema() + "." + routine.name();
                if (table == null || !seen.add(table.oid())) continue;
                var known = users.computeIfAbsent(table.oid(), o -> new ArrayList<>());
                if (!known.contains(function)) known.add(function + " (by its source)");
            }
        }
    }

    List<String> referencedBy(long oid) {
        return sorted(references.get(oid));
    }

    List<String> usedBy(long oid) {
        return sorted(users.get(oid));
    }

    private static List<String> sorted(List<String> names) {
        return names == null ? List.of() : names.stream().distinct().sorted().toList();
    }
}
