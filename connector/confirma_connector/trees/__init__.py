"""Sources that are trees (XML, JSON, EDIFACT): cut into documents while they stream by, and read by paths."""

from confirma_connector.trees.cutting import Cutter, Shape
from confirma_connector.trees.edifactstream import edifact_messages
from confirma_connector.trees.jsonstream import json_documents
from confirma_connector.trees.node import Node, Top
from confirma_connector.trees.path import Path, PathError
from confirma_connector.trees.values import Values
from confirma_connector.trees.xmlstream import xml_documents

__all__ = [
    "Cutter",
    "Node",
    "Path",
    "PathError",
    "Shape",
    "Top",
    "Values",
    "edifact_messages",
    "json_documents",
    "xml_documents",
]
