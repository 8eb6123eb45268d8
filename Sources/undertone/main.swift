print("undertone")
