package lib.archive;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What file managers, file servers and synchronizing programs leave in every directory that they see. It says nothing
 * about a backup.
 */
public final class StrayFile {
    private static final Set<String> NAMES = Set.of(
        // macOS
        ".DS_Store",
        ".AppleDouble",
        ".LSOverride",
        ".Spotlight-V100",
        ".TemporaryItems",
        ".Trashes",
        ".fseventsd",
        ".apdisk",
        ".localized",
        "__MACOSX",
        // Windows
        "desktop.ini",
        "thumbs.db",
        "ehthumbs.db",
        "$recycle.bin",
        "system volume information",
        // NAS systems, snapshots, synchronizing programs, desktops
        "@eaDir",
        "@tmp",
        "#recycle",
        "#snapshot",
        ".snapshot",
        ".snapshots",
        ".zfs",
        "lost+found",
        ".stfolder",
        ".stversions",
        ".sync",
        ".dropbox",
        ".directory",
        ".nomedia");
    private static final Set<String> LOWER_CASE_NAMES =
        NAMES.stream().map(n -> n.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    private static final Pattern PATTERN =
        Pattern.compile(
            "\\._.*|\\.nfs[0-9a-fA-F]+|\\.fuse_hidden.*|\\.Trash-\\d+|\\.smbdelete.*|\\.~lock\\..*|.*\\.swp|.*~");

    private StrayFile() {}

    /** @param path below the backup; that of a stray directory's content is stray too */
    public static boolean is(String path) {
        for (var part : path.split("/")) {
            if (LOWER_CASE_NAMES.contains(part.toLowerCase(Locale.ROOT)) || PATTERN.matcher(part).matches()) {
                return true;
            }
        }
        return false;
    }
}
