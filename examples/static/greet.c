/* SPDX-License-Identifier: Apache-2.0 */
/* Says hello to its arguments, or to the world. */
#include <stdio.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("hello, %s\n", argv[i]);
	if (argc < 2)
		puts("hello, world");
	return 0;
}
