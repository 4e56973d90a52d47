//SOURCES Anchor.java Inlines.java Report.java
package lib.explore;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a report has a place for, by the full name; so that a link never leads nowhere. */
final class ObjectNames {
    /** Of those that point at a table; more are counted. */
    private static final int MOST = 50;

    private final Map<String, String> anchors = new HashMap<>();

    ObjectNames(Report r) {
        Set<String> twice = new HashSet<>();
        r.tables().forEach(t -> put(t.fullName(), Anchor.relation(t.schema(), t.name()), twice));
        r.views().forEach(v -> put(v.fullName(), Anchor.relation(v.schema(), v.name()), twice));
        r.aggregates().forEach(a -> put(a.fullName(), Anchor.relation(a.schema(), a.name()), twice));
        twice.forEach(anchors::remove);
    }

    /** "a.b" may be two things: "a"."b.c" and "a.b"."c" are; then it leads nowhere. */
    private void put(String name, String anchor, Set<String> twice) {
        var other = anchors.putIfAbsent(name, anchor);
        if (other != null && !other.equals(anchor)) twice.add(name);
    }

    /** Null where the report has no place for it. */
    String anchor(String fullName) {
        return anchors.get(fullName);
    }

    Inlines link(String fullName) {
        return new Inlines().link(fullName, anchor(fullName));
    }

    /** "Used by " and such as "public.orders (customer_id)" and "view public.daily"; nothing where there are none. */
    Inlines listed(String lead, List<String> users) {
        if (users.isEmpty()) return new Inlines();
        var line = Inlines.of(lead);
        for (int i = 0; i < Math.min(MOST, users.size()); i++) {
            if (i > 0) line.text(", ");
            line.add(user(users.get(i)));
        }
        return users.size() <= MOST ? line : line.text(" and " + (users.size() - MOST) + " more");
    }

    private Inlines user(String user) {
        int end = user.endsWith(")") ? user.lastIndexOf(" (") : -1;
        var rest = end < 0 ? "" : user.substring(end);
        var name = end < 0 ? user : user.substring(0, end);
        for (var kind : List.of("view ", "materialized view ", "continuous aggregate ", "table ", "function ")) {
            if (anchor(name) == null && name.startsWith(kind)) {
                return Inlines.of(kind).add(link(name.substring(kind.length()))).text(rest);
            }
        }
        return link(name).text(rest);
    }
}
