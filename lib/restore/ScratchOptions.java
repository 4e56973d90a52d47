//SOURCES ../Cli.java ../archive/Age.java ../boot/ScratchServer.java
package lib.restore;

import java.nio.file.Path;
import lib.Cli;
import lib.archive.Age;
import lib.boot.ScratchServer;
import picocli.CommandLine.Option;

/** Where a copy is booted that is removed at the end. */
public final class ScratchOptions {
    @Cli.Writes @Option(
        names = "--scratch",
        paramLabel = "DIR",
        description = "where to unpack; needs space for the whole cluster; default TMPDIR, else /tmp")
    Path directory;

    @Option(names = "--no-verify", description = "do not compare the files with the manifest of the backup")
    boolean noVerify;

    /** @param key of an encrypted backup; else null */
    public ScratchServer.Options with(Age.Identity key) {
        var options = ScratchServer.Options.standard().withVerify(!noVerify).withIdentity(key);
        return directory == null ? options : options.in(directory);
    }
}
