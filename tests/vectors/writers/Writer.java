// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writer FORMAT, LIST on standard input, the archive on standard output: a tree
 * (tests/lib/listing.h) as commons-compress writes it, which Jib and the plugins of Maven and
 * Gradle use. "posix" is Jib's configuration.
 */
public final class Writer {
	private static final Map<String, Byte> TYPES = Map.of("f", TarConstants.LF_NORMAL, "d",
		TarConstants.LF_DIR, "l", TarConstants.LF_SYMLINK, "c", TarConstants.LF_CHR, "b",
		TarConstants.LF_BLK, "p", TarConstants.LF_FIFO);

	private static byte[] bytes(String text) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		for (int i = 0; i < text.length(); i++) {
			if (text.charAt(i) == '\\') {
				out.write(Integer.parseInt(text.substring(i + 2, i + 4), 16));
				i += 3;
			} else {
				out.write(text.charAt(i));
			}
		}
		return out.toByteArray();
	}

	private static String text(String escaped) {
		return new String(bytes(escaped), StandardCharsets.UTF_8);
	}

	private static FileTime time(String word) {
		String[] parts = word.split("\\+");
		long ns = parts.length > 1 ? Long.parseLong(parts[1]) : 0;
		return FileTime.from(Instant.ofEpochSecond(Long.parseLong(parts[0]), ns));
	}

	private static String name(String letter, String path) {
		if (path.equals("/")) {
			return "./";
		}
		return letter.equals("d") ? text(path) + "/" : text(path);
	}

	private static void write(TarArchiveOutputStream out, List<String> words) throws Exception {
		byte type = words.contains("=") ? TarConstants.LF_LINK : TYPES.get(words.get(0));
		TarArchiveEntry entry = new TarArchiveEntry(name(words.get(0), words.get(6)), type);
		byte[] content = new byte[0];

		entry.setMode(Integer.parseInt(words.get(1), 8));
		entry.setUserId(Long.parseLong(words.get(2)));
		entry.setGroupId(Long.parseLong(words.get(3)));
		entry.setLastModifiedTime(time(words.get(4)));
		if (words.get(5).contains(":")) {
			entry.setDevMajor(Integer.parseInt(words.get(5).split(":")[0]));
			entry.setDevMinor(Integer.parseInt(words.get(5).split(":")[1]));
		}
		for (int i = 7; i < words.size(); i++) {
			String word = words.get(i);
			if (word.equals("->") || word.equals("=")) {
				entry.setLinkName(text(words.get(++i)));
			} else if (word.startsWith("\"")) {
				content = bytes(word.substring(1, word.length() - 1));
			} else {
				String[] pair = word.split("=", 2);
				byte[] value = HexFormat.of().parseHex(pair[1]);
				entry.addPaxHeader("SCHILY.xattr." + pair[0],
					new String(value, StandardCharsets.UTF_8));
			}
		}
		if (type != TarConstants.LF_NORMAL) {
			content = new byte[0];
		}
		entry.setSize(content.length);
		out.putArchiveEntry(entry);
		out.write(content);
		out.closeArchiveEntry();
	}

	public static void main(String[] args) throws Exception {
		boolean isPosix = args[0].equals("posix");
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in));

		try (TarArchiveOutputStream out = new TarArchiveOutputStream(System.out, "UTF-8")) {
			out.setLongFileMode(isPosix ? TarArchiveOutputStream.LONGFILE_POSIX
						    : TarArchiveOutputStream.LONGFILE_GNU);
			out.setBigNumberMode(isPosix ? TarArchiveOutputStream.BIGNUMBER_POSIX
						     : TarArchiveOutputStream.BIGNUMBER_STAR);
			for (String line = in.readLine(); line != null; line = in.readLine()) {
				write(out, Arrays.asList(line.split(" ")));
			}
		}
	}
}
