"""The numbers of SpectralClusters in Tests/AttributionsTests/AuditTests.swift, by numpy and scikit-learn: python3 spectral.py."""
import numpy as np
from sklearn.cluster import SpectralClustering
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import kneighbors_graph


def show(points, neighbours, clusters):
    graph = kneighbors_graph(points, neighbours, include_self=False).toarray()
    affinity = (graph + graph.T) / 2
    roots = 1 / np.sqrt(affinity.sum(1))
    laplacian = np.eye(len(points)) - roots[:, None] * affinity * roots[None]
    values = np.linalg.eigvalsh(laplacian)[:9]
    print("eigenvalues", [round(float(v), 9) for v in values], "gap at", 1 + np.argmax(np.diff(values)))
    found = SpectralClustering(clusters, affinity="precomputed", random_state=0).fit_predict(affinity)
    print("assignment", found.tolist())
    if clusters > 1:
        samples = silhouette_samples(points, found)
        print("silhouettes", [round(float(samples[found == found[i]].mean()), 9) for i in (0, len(points) // 2, -1)])


def blobs(distance):
    return np.array([[distance * b + np.sin(i + b), np.cos(2 * i + b)] for b in range(3) for i in range(1, 9)])


show(blobs(10), 3, 3)
show(blobs(2.6), 4, 3)
