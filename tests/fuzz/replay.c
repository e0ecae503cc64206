/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target on the files of a directory: the replay of saved inputs under any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0, room = 0, got;

	if (!file) {
		perror(path);
		return 1;
	}
	do {
		if (size == room) {
			room = room ? room * 2 : 4096;
			data = realloc(data, room);
			if (!data)
				abort();
		}
		got = fread(data + size, 1, room - size, file);
		size += got;
	} while (got > 0);
	(void)fclose(file);
	/* A copy of the exact size, so that a sanitizer sees the first byte too many. */
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	size_t count = 0;

	if (!dir) {
		(void)fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		if (replay(path))
			return 1;
		count++;
	}
	(void)closedir(dir);
	if (count == 0) {
		(void)fprintf(stderr, "%s: no inputs\n", argv[1]);
		return 1;
	}
	(void)printf("%zu inputs replayed\n", count);
	return 0;
}
