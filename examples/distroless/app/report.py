# SPDX-License-Identifier: Apache-2.0
"""Says what the image has, and that it has no shell."""
import os
import pwd
import zlib

names = sum(len(files) for _, _, files in os.walk("/"))
shells = [path for path in ("/bin/sh", "/bin/bash", "/usr/bin/dash") if os.path.exists(path)]
print(f"{names} files, {len(shells)} shells, zlib {zlib.ZLIB_VERSION}, user {pwd.getpwuid(os.getuid()).pw_name}")
