/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of a start: what the kernel and the C library take, and no other library. */
int main(void)
{
	return 0;
}
